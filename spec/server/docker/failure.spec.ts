import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, WindlassError } from '../../../lib/errors.js'
import { DockerError, dockerFailure } from '../../../server/docker/failure.js'

async function answerTo(caught: unknown, name?: string, platform?: string) {
  const app = new Hono().get('/', (context) => dockerFailure(context, caught, name, platform))
  const response = await app.request('/')
  return { status: response.status, ...((await response.json()) as { message: string }) }
}

describe('a failure as Docker answers it', () => {
  it.each<[ErrorCode, number]>([
    ...(['USAGE', 'REFERENCE_INVALID', 'DIGEST_INVALID', 'PLATFORM_INVALID'] as const).map(
      (code): [ErrorCode, number] => [code, 400],
    ),
    ...(['LAYER_INVALID', 'MANIFEST_INVALID', 'CONFIG_INVALID', 'LIMIT_EXCEEDED'] as const).map(
      (code): [ErrorCode, number] => [code, 400],
    ),
    ...(['DENIED', 'UNAUTHORIZED', 'NAME_UNKNOWN', 'MANIFEST_UNKNOWN'] as const).map(
      (code): [ErrorCode, number] => [code, 404],
    ),
    ...(['PLATFORM_UNMATCHED', 'IMAGE_UNKNOWN', 'FILE_UNKNOWN'] as const).map((code): [ErrorCode, number] => [
      code,
      404,
    ]),
    ['PULL_ENDED', 409],
    ['STORE_LOCKED', 503],
    ['NETWORK', 500],
    ['STORE_FULL', 500],
  ])('has for %s the status %d', async (code, status) => {
    expect((await answerTo(new WindlassError(code, 'it failed'))).status).toBe(status)
  })

  it('has the text and the hint of an error, and that of dockerd for an image', async () => {
    expect(
      await answerTo(new WindlassError('STORE_FULL', 'the disk is full', { hint: 'Free some.' })),
    ).toEqual({
      status: 500,
      message: 'the disk is full. Free some.',
    })
    expect(await answerTo(new WindlassError('NETWORK', 'it failed'))).toMatchObject({ message: 'it failed' })
    expect(await answerTo(new WindlassError('REFERENCE_INVALID', 'no'))).toMatchObject({
      message: 'invalid reference format: no',
    })
    expect(
      await answerTo(new WindlassError('MANIFEST_UNKNOWN', 'no'), 'docker.io/library/a:1'),
    ).toMatchObject({
      message: 'manifest for a:1 not found: manifest unknown: manifest unknown',
    })
    const unmatched = new WindlassError('PLATFORM_UNMATCHED', 'no')
    expect((await answerTo(unmatched, 'a', 'linux/arm64')).message).toContain('linux/arm64')
  })

  it('has the status and the text of an error of Docker', async () => {
    expect(await answerTo(new DockerError(409, 'conflict: no'), 'a')).toEqual({
      status: 409,
      message: 'conflict: no',
    })
  })

  it('is internal for any other error', async () => {
    expect(await answerTo(new TypeError('a bug'))).toMatchObject({ status: 500 })
  })
})
