"""`creativity catalog`: what is studied is listed, proposed from a source, and checked."""
