/** A program of a user, in CommonJS: it requires every entry point, and prints the image that it pulled. */
import fs = require('node:fs')
import os = require('node:os')
import path = require('node:path')
import windlass = require('windlass')
import events = require('windlass/events')
import flow = require('windlass/flow')
import pipelines = require('windlass/pipelines')
import stages = require('windlass/stages')
import testing = require('windlass/testing')

async function main(): Promise<void> {
  const store = fs.mkdtempSync(path.join(os.tmpdir(), 'windlass-required-'))
  const registry = await testing.startRegistry()
  const image = testing.tinyImage()
  await testing.putImage(registry, 'a/b', '1', image)
  const puller = await windlass.open({ store })
  const pulled = await puller.pull(`${registry.host}/a/b:1`).done
  console.log(
    JSON.stringify({
      digest: pulled.digest === image.manifest.digest,
      unpacked: pulled.layers.every(({ rootfs }) => rootfs !== undefined && fs.existsSync(rootfs)),
      // The instances are those that the entry points share.
      shared: [windlass.reduce === events.reduce, windlass.pull === pipelines.pull],
      there: [flow.stage, stages.pullStage].map((each) => typeof each),
    }),
  )
  await puller.close()
  await registry.close()
  fs.rmSync(store, { recursive: true })
}

void main()
