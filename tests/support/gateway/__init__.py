"""Local payment gateways that speak the vendors' HTTP interfaces and signatures, and misbehave on request."""
