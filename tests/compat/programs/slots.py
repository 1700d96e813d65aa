"""Keeps values of its own in the context that spans live in, and hands them to threads."""

from threading import Thread

from opencensus.common.runtime_context import RuntimeContext

RuntimeContext.register_slot("correlation", lambda: {})
RuntimeContext.register_slot("customer", "nobody")


def tell(name):
    print(name, RuntimeContext.customer, RuntimeContext.correlation)


def run(target, name):
    thread = Thread(target=target, args=(name,))
    thread.start()
    thread.join()


RuntimeContext.customer = "ada"
RuntimeContext.correlation["test"] = True
tell("main")
run(tell, "thread")
run(RuntimeContext.with_current_context(tell), "carried")
snapshot = RuntimeContext.snapshot()
RuntimeContext.clear()
tell("cleared")
RuntimeContext.apply(snapshot)
tell("applied")
try:
    RuntimeContext.register_slot("customer")
except ValueError:
    print("taken")
