import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^windlass$/, replacement: here('lib/index.ts') },
      { find: /^windlass\/(events|flow|stages|testing)$/, replacement: here('lib/$1/index.ts') },
      { find: /^windlass\/pipelines$/, replacement: here('pipelines/index.ts') },
    ],
  },
  test: {
    include: ['spec/**/*.spec.ts'],
    globalSetup: ['spec/setup/global.ts'],
    setupFiles: ['spec/setup/each.ts'],
    reporters: ['default', './spec/setup/closing-line.ts'],
    // Many tests wait for timers and disks: two files at a time, also where the default is one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
})
