"""Wire contracts: what stands in each topic. Imports nothing but itself."""
