"""What packaging a live 720p25 source costs: by remux, with MPEG-TS beside, encoded, and in low-latency parts."""
