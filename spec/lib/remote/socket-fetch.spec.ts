import { mkdtemp, rm } from 'node:fs/promises'
import { type RequestListener, createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { socketFetch } from '../../../lib/remote/socket-fetch.js'

/** Returns a `fetch` for a server on a unix socket. */
async function serving(answer: RequestListener): Promise<typeof fetch> {
  const directory = await mkdtemp(path.join(tmpdir(), 'windlass-socket-'))
  const server = createServer(answer)
  const socket = path.join(directory, 's')
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await rm(directory, { recursive: true })
  })
  return socketFetch(socket)
}

it('sends method, path, headers and body, and returns status, headers and body', async () => {
  const send = await serving((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { method, url, headers } = request
      response.writeHead(201, { 'content-type': 'application/json', 'x-two': ['a', 'b'] })
      response.end(JSON.stringify({ method, url, host: headers.host, own: headers['x-own'], body }))
    })
  })
  const response = await send('http://localhost/a/b?c=d', {
    method: 'POST',
    headers: { 'x-own': '1' },
    body: 'text',
  })
  expect([response.status, response.ok, response.headers.get('x-two')]).toEqual([201, true, 'a, b'])
  expect(await response.json()).toEqual({
    ...{ method: 'POST', url: '/a/b?c=d', host: 'localhost', own: '1', body: 'text' },
  })
})

it('streams the body, and ends the request when the signal aborts', async () => {
  let closed = false
  const send = await serving((_, response) => {
    response.write('first')
    response.on('close', () => (closed = true))
  })
  const stop = new AbortController()
  const response = await send('http://localhost/', { signal: stop.signal })
  const reader = response.body!.getReader()
  expect(new TextDecoder().decode((await reader.read()).value as Uint8Array)).toBe('first')
  stop.abort(new Error('enough'))
  await expect(reader.read()).rejects.toThrow()
  await expect.poll(() => closed).toBe(true)
  await expect(send('http://localhost/', { signal: stop.signal })).rejects.toThrow('enough')
})

it('ends the request when the body is cancelled', async () => {
  let closed = false
  const send = await serving((_, response) => {
    response.write('first')
    response.on('close', () => (closed = true))
  })
  const { body } = await send('http://localhost/')
  await body!.cancel()
  await expect.poll(() => closed).toBe(true)
})

it('returns a response without a body', async () => {
  const send = await serving((_, response) => void response.writeHead(204).end())
  const response = await send('http://localhost/')
  expect([response.status, response.body]).toEqual([204, null])
})

it('rejects with the error of the system if nothing listens', async () => {
  await expect(socketFetch('/nonexistent/socket')('http://localhost/')).rejects.toMatchObject({
    code: 'ENOENT',
  })
})
