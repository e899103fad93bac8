/** Runs once before all specs. Servers that the specs need are started by the specs that need them. */
export default function setup(): void {}
