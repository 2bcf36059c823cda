// Entry point of all pages.
