"""Events: the hub where clients subscribe, the delivery to their listeners, and the listeners for other systems.

Promises: every change is told at least once, in order within a record, to whoever may read it at that moment; a
listener that is slow, down or gone never slows a write; no callback reaches a network that was not allowed.
"""
