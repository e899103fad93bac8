import { expect, it } from 'vitest'
import { runMeasured } from '../../../benchmarks/shared/measured.js'

const node = (script: string): string[] => [process.execPath, '-e', script]

it('tells the time, the CPU and the memory of a program and of what it waited for', async () => {
  const hold =
    'const held = Buffer.alloc(150e6, 1); const end = Date.now() + 300; while (Date.now() < end) held[0]++'
  const { wall, cpu, memory } = await runMeasured(['sh', '-c', `"$@"; sleep 0.2`, 'sh', ...node(hold)])
  expect(wall).toBeGreaterThan(0.5)
  expect(cpu).toBeGreaterThan(0.05)
  expect(cpu).toBeLessThan(wall)
  expect(memory).toBeGreaterThan(150e6)
  expect(memory).toBeLessThan(400e6)
})

it('gives what the program says, unmixed with what is measured', async () => {
  const said = await runMeasured(node('console.log("out"); console.error("err")'))
  expect(said).toMatchObject({ stdout: 'out\n', stderr: 'err\n' })
})

it('fails where the program does, with what it said', async () => {
  await expect(runMeasured(node('console.error("why"); process.exit(3)'))).rejects.toThrow(
    /ended with 3: why/,
  )
})
