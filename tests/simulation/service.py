"""eHealth in a simulated life: it is started anew now and then, and people there look at requests."""

from __future__ import annotations

import dataclasses

from adapters.sandbox.authority import Authority
from adapters.sandbox.certificates import State
from adapters.sandbox.desk import Rules
from tests.simulation.story import Story
from tests.world.world import World


class Service:
    """The far side of a world. `refusals` is how many requests are still to be refused by hand."""

    def __init__(self, world: World, rules: Rules, refusals: int, story: Story) -> None:
        self._world = world
        self._rules = rules
        self._story = story
        self.refusals = refusals

    def restart(self) -> None:
        """The service starts anew: what is not in its database is gone."""
        self._story.fault("service", "the service is restarted")
        old = self._world.sandbox
        again = Authority(old.store, old.clock, old.pki, self._rules, None, old.random_bytes)
        self._world.sandbox = dataclasses.replace(old, authority=again)
        self._world.authority = self._world.wire.far_side = again

    def decide(self) -> None:
        """A person looks at the requests that wait for that."""
        for record in self._world.authority.desk.certificates.all():
            if record.state is not State.WAITING:
                continue
            if self.refusals:
                self.refusals -= 1
                self._story.fault("service", "the request is refused by hand")
                self._world.authority.refuse(record.key)
            else:
                self._story.tell("the request is approved by hand")
                self._world.authority.approve(record.key)

    def confirm(self) -> None:
        """Somebody without a card confirms his request on the web."""
        for record in self._world.authority.desk.certificates.all():
            if record.state is State.CONFIRMING and not record.is_lapsed(self._world.clock.now()):
                self._story.tell("the request is confirmed on the web")
                self._world.authority.confirm_foreigner(f"/{record.token}")
