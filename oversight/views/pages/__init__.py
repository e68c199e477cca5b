"""Pages for people: read a request, call one use case, show what came."""
