"""Four eyes on registrations: nobody decides on what oneself or one's own people asked for."""

from __future__ import annotations

import pytest

from customer_inventory.access import Desk
from customer_inventory.access.registering import decide, request
from customer_inventory.access.registration import OwnDecision
from tests.room.test_registering import of, process, wanted


async def test_nobody_of_the_same_people_decides(desk: Desk) -> None:
    both = ("create:registration", "modify:registration")
    asking = await process(desk, "asking", *both, by="op", owner="mallory", deputy="mel")
    cousin = await process(desk, "cousin", *both, by="ops", owner=" Mallory", deputy="other")
    second = await process(desk, "second", *both, by="ops", owner="other", deputy="mel")
    of_ann = await process(desk, "of-ann", *both, by="ops", owner="ann")
    of_dee = await process(desk, "of-dee", *both, by="ops", owner="other", deputy="dee")
    apart = await process(desk, "apart", *both, by="op", owner="cyd")
    people = [await of(desk, each) for each in ("mallory", "MALLORY", "mel", "op", "ann", "Ann", "dee")]
    await request(asking, wanted())
    for access in (asking, cousin, second, of_ann, of_dee, *people):
        for step in ("approve", "reject"):
            with pytest.raises(OwnDecision, match="Ask somebody else who is granted modify:registration"):
                await decide(access, "portal", step)
    await decide(apart, "portal", "approve")
    await decide(apart, "portal", "suspend")
    for access in (asking, cousin, second, of_ann, of_dee, *people):
        for step in ("recertify", "resume"):
            with pytest.raises(OwnDecision):
                await decide(access, "portal", step)
    assert (await decide(await of(desk, "bea"), "portal", "resume")).row.status == "active"


async def test_the_owner_of_what_the_command_line_registered_does_not_vouch_for_it(desk: Desk) -> None:
    await process(desk, "crm", "read", by="op", owner="ann", deputy="dee")
    kin = await process(desk, "kin", "modify:registration", by="op", owner="ann")
    for access in (await of(desk, "ann"), await of(desk, "dee"), kin):
        with pytest.raises(OwnDecision):
            await decide(access, "crm", "recertify")
    await decide(await of(desk, "op"), "crm", "recertify")
