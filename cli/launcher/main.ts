#!/usr/bin/env node
/** Entry point of `windlass`: runs the bundle of the command line. */
import { commandNames } from '../commands/names.js'
import { runBundle } from './run-bundle.js'

/** Identifies the build. Replaced by scripts/bundle.mjs. */
declare const BUILD: string

// A shell runs `complete` at every Tab.
const command = [...commandNames, 'complete'].find((name) => name === process.argv[2])
const { storeCache } = runBundle('windlass.cjs', BUILD, command ?? 'other')
process.once('exit', (code) => {
  // A command that failed has compiled little code, which is not worth caching.
  if (code === 0) storeCache()
})
