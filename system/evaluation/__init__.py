"""What a network does in software and on the accelerator, with intervals, verdicts and the file that holds them."""
