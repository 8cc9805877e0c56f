"""Open counts: cells by site, hour, dimension and value; contribution caps by day."""
