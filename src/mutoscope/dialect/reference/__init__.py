"""The reference of the dialect: its OpenAPI document, made from what the code itself goes by, and a page to read it."""
