// Loaded before each unit test file. What a test starts and kills may die while it writes down its coverage, and half a file
// makes the whole report fail. So only the test's own process reports; Node has read by now where to.
if (process.env["NODE_TEST_CONTEXT"] !== undefined) delete process.env["NODE_V8_COVERAGE"];
