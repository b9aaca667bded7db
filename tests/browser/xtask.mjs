// How a test runs the project's chores.

/**
 * The test chore hands its own program on, since asking cargo while it runs the tests would wait for its lock.
 * @returns {string[]} a command and its first arguments
 */
export function xtask() {
  return process.env.KYOTEN_XTASK ? [process.env.KYOTEN_XTASK] : ["cargo", "run", "--quiet", "--package", "xtask", "--"];
}
