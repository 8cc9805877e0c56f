"""What is made of each raw field: one idea a file, raw text in, something that may be shown out."""
