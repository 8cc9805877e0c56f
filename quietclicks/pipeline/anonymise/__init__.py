"""The first stage: raw records in, pseudonymised events, rejections and counts out."""
