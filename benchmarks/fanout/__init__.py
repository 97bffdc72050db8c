"""One cue to everybody: the feed's edge beside nchan, Node, websockets, python-socketio and a bare C loop."""
