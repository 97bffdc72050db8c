"""THE PICTURE: the film, its segments, programme time, the live playlist."""
