"""``make trust``: the promises under fire, with figures. A long run; short forms of its parts are in the tests."""
