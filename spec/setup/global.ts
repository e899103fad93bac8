/** Runs once before all specs. Servers that the specs need are started by the specs that need them. */
export default function setup(): void {
  // What a run keeps for the next is for its own spec to see.
  process.env['WINDLASS_CODE_CACHE'] = '0'
}
