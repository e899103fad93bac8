import { describe, expect, it } from 'vitest'
import { runProgram } from '../../doctor/run-program.js'

describe('a program that the doctor runs', () => {
  const env = { PATH: process.env['PATH'], SECRET: 'sesame', LC_ALL: 'de_DE.UTF-8' }

  it('gives its code and what it wrote to stderr', async () => {
    expect(await runProgram('sh', ['-c', 'echo problem >&2; exit 3'], env)).toEqual({
      ...{ code: 3, isMissing: false, errors: 'problem' },
    })
    expect(await runProgram('true', [], env)).toEqual({ code: 0, isMissing: false, errors: '' })
  })

  it('is missing, or was killed, without a code', async () => {
    expect(await runProgram('no-such-program-at-all', [], env)).toMatchObject({
      ...{ code: undefined, isMissing: true },
    })
    expect(await runProgram('sh', ['-c', 'kill -9 $$'], env)).toMatchObject({
      code: undefined,
      isMissing: false,
    })
  })

  it('gets no other variables, messages in English, and no input', async () => {
    const { errors } = await runProgram('sh', ['-c', 'cat; echo "$SECRET-$LC_ALL" >&2'], env)
    expect(errors).toBe('-C')
  })

  it('takes its parameters as they are, without a shell', async () => {
    const { errors } = await runProgram('sh', ['-c', 'echo "$1" >&2', 'sh', '$(echo x); *'], env)
    expect(errors).toBe('$(echo x); *')
  })
})
