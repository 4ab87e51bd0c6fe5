"""Why it does not work: evidence that probes gathered, judged layer by layer."""
