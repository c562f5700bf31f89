"""The commands of `taptill`, one module a group of them. They end with 0: fine, 1: not fine, 2: misuse."""
