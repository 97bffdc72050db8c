"""Public DVB-CSS clients, written by others, follow a running show."""
