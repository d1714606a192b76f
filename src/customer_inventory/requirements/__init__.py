"""The information requirements (R1): what is asked of each attribute, who answers for it, and what follows from that.

Promises: one approved edit acts everywhere within a second; nothing that is only proposed, rejected or of the future
acts; what a rule says of one record it says of all of them.
"""

from __future__ import annotations
