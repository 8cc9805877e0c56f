"""Events in over HTTP: what `quietclicks collector` runs. It has no key and reads no topic."""
