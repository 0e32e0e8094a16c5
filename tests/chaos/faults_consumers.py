"""Notifier and recorder, and where they deliver: the database, Rocket.Chat."""

import threading

from fault import fault, taken


def killed(name):
    def act(world, dice, entry):
        actor = world[name]
        with taken(actor, entry):
            times = dice.choice((1, 1, 6))
            for life in range(times):
                with actor.away():
                    actor.kill()
                    yield dice.choice((0.0, dice.uniform(0, 3)))
                world.chronicle.count(entry.kind, life > 0)
                if life + 1 < times:
                    yield dice.uniform(0.1, 0.8)
    return act


def terminated(name):
    def act(world, dice, entry):
        with taken(world[name], entry), world[name].away():
            world[name].end()
            yield dice.uniform(0, 4)
    return act


def stopped(name):
    def act(world, dice, entry):
        with taken(world[name], entry):
            world[name].freeze()
            yield dice.uniform(0.2, 6)
            world[name].thaw()
    return act


def on_link(name, break_it, mend):
    def act(world, dice, entry):
        world.links[name].all(break_it)
        yield dice.uniform(0.3, 8)
        world.links[name].all(mend)
    return act


def delayed(name):
    def act(world, dice, entry):
        world.links[name].delay(dice.uniform(0.1, 0.8))
        yield dice.uniform(1, 5)
        world.links[name].delay(0)
    return act


for consumer in ("notifier", "recorder"):
    for word, act in (("killed", killed(consumer)), ("terminated", terminated(consumer)), ("stopped", stopped(consumer)),
                      ("cut", on_link(consumer, "cut", "mend")), ("held", on_link(consumer, "hold", "release")),
                      ("delayed", delayed(consumer))):
        act.__name__ = f"{consumer}_{word}"
        fault(consumer)(act)


# The database.

@fault("database")
def database_killed(world, dice, entry):
    world.database.away()
    yield dice.uniform(0, 5)
    world.database.back()


@fault("database")
def database_stopped(world, dice, entry):
    world.database.freeze()
    yield dice.uniform(0.5, 8)
    world.database.thaw()


@fault("database")
def database_read_only(world, dice, entry):
    world.database.admin("SET GLOBAL read_only = 1")
    yield dice.uniform(0.5, 6)
    world.database.admin("SET GLOBAL read_only = 0")


@fault("database")
def database_locked(world, dice, entry):
    seconds = dice.uniform(0.5, 6)
    holder = threading.Thread(target=lambda: world.database.admin(
        f"LOCK TABLES chaos WRITE, chaos_events WRITE, chaos_meta WRITE; SELECT SLEEP({seconds:.3f})", "stalewatch"))
    holder.start()
    yield seconds
    holder.join()


@fault("database", weight=2)
def database_cut(world, dice, entry):
    """Connections break again and again, some of them within a COMMIT."""
    for _ in range(dice.randint(1, 30)):
        world.database_proxy.drop()
        yield dice.uniform(0.0, 0.3)


@fault("database")
def database_delayed_and_cut(world, dice, entry):
    """The answer to a COMMIT is under way when the connection breaks."""
    world.database_proxy.delay = dice.uniform(0.01, 0.1)
    for _ in range(dice.randint(1, 10)):
        yield dice.uniform(0.1, 0.6)
        world.database_proxy.drop()
    world.database_proxy.delay = 0


# Rocket.Chat.

def hook_mode(mode, **words):
    def act(world, dice, entry):
        world.webhook.tell("/hooks", mode, **words)
        yield dice.uniform(2, 9)
        world.webhook.tell("/hooks", "ok")
    return act


for name, mode in (("500", "status:500"), ("hangs", "hang"), ("without_success", "success_false"), ("resets", "reset"),
                   ("refuses", "refuse")):
    act = hook_mode(mode)
    act.__name__ = f"webhook_{name}"
    fault("webhook")(act)


@fault("webhook")
def webhook_limits(world, dice, entry):
    world.webhook.control(hook_rate="1/4s")
    yield dice.uniform(4, 12)
    world.webhook.control(hook_rate="off")
