"""Events that go out: signed by the Standard Webhooks rules, at least once, to whoever wants them."""
