/** Runs a script. What goes wrong is said in a sentence, without a stack, and ends the process with exit code 1. */
export async function runScript(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
