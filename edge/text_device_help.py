"""What to do about a device that is in trouble, in the words of the devices page."""

from __future__ import annotations

from collections.abc import Mapping

from edge.text_marks import N_

DEVICE_ADVICE: Mapping[str, str] = {
    "gone": N_("Plug it in and switch it on; look at its cable. If it is plugged in, its path is another one now."),
    "busy": N_("Another program has it. Stop that program: a device has one user at a time."),
    "forbidden": N_(
        "The till may not open it. Run “make install”, which brings the udev rules, and plug it in anew. Serial lines"
        " belong to the group dialout, printers to the group lp."
    ),
    "loose": N_(
        "Another program has some of its keys. Codes are read all the same; stop that program, or what those keys type"
        " goes to other windows."
    ),
    "problem": N_("Switch it off and on again. If that does not help, “taptill doctor” says more."),
    "trying": N_("Somebody looks for its settings; until that is over it serves nobody else."),
    "silent": N_("Switch it on; look at its cable, and whether it is set to send."),
    "garbled": N_(
        "It sends something else than {protocol} at {baud} baud. “taptill doctor” finds out what it is set to."
    ),
    "paper_low": N_("Keep a roll at hand."),
    "paper_out": N_("Put in a roll of paper. What waits is printed then."),
    "cover_open": N_("Close the cover. What waits is printed then."),
    "doubtful": N_("Look at the paper. If nothing came out, print it again from the line at the top."),
    "drawer_shut": N_("The drawer was told too late, and stays shut. Open it with its key."),
    "drawer_doubtful": N_("Look at the drawer. It is not opened a second time by itself; if it is shut, use its key."),
    "no_line": N_("Look at the internet. The shop sells on without payment codes."),
    "unknown": N_("Like many printers it never says how it is. Print a test, and look at the paper."),
}
"""By the states of `edge.text_devices.DEVICE_STATES`; nothing for those that need nothing."""
NETWORK_ADVICE = N_("Switch it on; look at its network cable and its address. Nothing else may be connected to it.")
LOST_ADVICE = N_(
    "Codes were lost. If that goes on, “taptill doctor --listen {name}” tells whether speed and keyboard country fit."
)
MOVES_ADVICE = N_("Its path may lead to another device after the next start. Better: {path}")
MOVES_UNKNOWN = N_("Its path may lead to another device after the next start.")
TWICE_ADVICE = N_("It is the same device as {other}. Take one of the two out of the configuration.")
DISPLAY_ADVICE = N_("The window of the customer display is not open. Start it again, or the screen beside it.")
LACKING: Mapping[str, str] = {
    "permission": DEVICE_ADVICE["forbidden"],
    "usblp": N_("Nothing drives it. Run “sudo modprobe usblp”; “make install” has it loaded at each start."),
    "pcscd": N_(
        "pcscd does not know it. Run “sudo apt install pcscd” and “pip install taptill[pcsc]”, plug it in anew."
    ),
}
"""What to do about a device outside the configuration that cannot be used as it is, by `Found.lacks`."""
