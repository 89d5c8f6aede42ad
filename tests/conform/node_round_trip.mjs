// Every video call of the `openai` package for Node.js. Prints JSON.
// usage: node node_round_trip.mjs BASE_URL API_KEY PACKAGE_FOLDER

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [baseURL, apiKey, folder] = process.argv.slice(2)
const require = createRequire(`${folder}/`)
const { OpenAI, toFile } = require('openai')
const { version } = JSON.parse(readFileSync(`${folder}/node_modules/openai/package.json`, 'utf8'))

const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 })

async function wait(video) {
  for (;;) {
    const now = await client.videos.retrieve(video.id)
    if (now.status !== 'queued' && now.status !== 'in_progress') return now
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function refusal(call) {
  try {
    await call()
    return null
  } catch (error) {
    return [error.constructor.name, error.status, error.code]
  }
}

const source = await wait(await client.videos.create({ prompt: 'Otto by a lake', size: '720x1280', seconds: '4' }))
const file = await toFile(Buffer.from('Example data'), 'lake.png')
const url = `data:image/png;base64,${Buffer.from('Example data').toString('base64')}`
const video = { id: source.id }
const character = await client.videos.createCharacter({ name: 'Otto', video: file })
const made = [
  await client.videos.create({ prompt: 'A lake', input_reference: file }),
  await client.videos.create({ prompt: 'A lake', input_reference: { image_url: url } }),
  await client.videos.create({ prompt: 'Otto waves', characters: [{ id: character.id }] }),
  await client.videos.remix(source.id, { prompt: 'Make it night' }),
  await client.videos.edit({ prompt: 'Make it snow', video }),
  await client.videos.edit({ prompt: 'Make it snow', video: file }),
  await client.videos.extend({ prompt: 'It rains', seconds: '8', video }),
]
const ended = []
for (const each of made) ended.push(await wait(each))

const listed = []
for await (const each of client.videos.list({ limit: 3 })) {
  listed.push(each.id)
  if (listed.length > made.length) break
}
const bytes = async (id, query) => Buffer.from(await (await client.videos.downloadContent(id, query)).arrayBuffer())
const clip = await bytes(made[3].id)
const sheet = await bytes(made[3].id, { variant: 'spritesheet' })
const found = await client.videos.getCharacter(character.id)
const deleted = await client.videos.delete(made[0].id)

console.log(
  JSON.stringify({
    version,
    statuses: [source.status, ...ended.map((each) => each.status)],
    sources: ended.map((each) => each.remixed_from_video_id === source.id),
    ignored: ended.map((each) => each.ignored ?? null),
    total_seconds: ended.at(-1).seconds,
    listed: JSON.stringify(listed) === JSON.stringify([...made.map((each) => each.id).reverse(), source.id]),
    is_mp4: clip.subarray(4, 8).toString() === 'ftyp',
    is_jpeg: sheet.subarray(0, 3).toString('hex') === 'ffd8ff',
    character: [found.id === character.id, found.name],
    deleted: [deleted.object, deleted.deleted],
    gone: await refusal(() => client.videos.retrieve(made[0].id)),
    unknown_url: await refusal(() => client.get('/nowhere')),
    wrong_key: await refusal(() => client.withOptions({ apiKey: 'wrong' }).videos.list()),
  }),
)
