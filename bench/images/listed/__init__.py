"""Listed images: files of others, found in a place and read one by one."""
