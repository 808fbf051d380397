// OpenAI's own SDK: node openai.mjs URL KEY
import OpenAI, { BadRequestError } from "openai";

const [url, key] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });

const sampling = { model: "smollm2-135m-instruct", max_tokens: 8, temperature: 0 };
const chat = { messages: [{ role: "user", content: "What is gravity?" }], ...sampling };
const prompt = { prompt: "The capital of France is", ...sampling };

const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of await stream) chunks.push(chunk);
  return chunks;
};

const schema = { type: "object", properties: { unit: { enum: ["c", "f"] } }, required: ["unit"], additionalProperties: false };
const format = { type: "json_schema", json_schema: { name: "weather", schema } };
const said = (error) => ({ name: error.constructor.name, status: error.status, code: error.code, param: error.param });
const response = { input: "What is gravity?", model: sampling.model, max_output_tokens: 8, temperature: 0 };

const told = {
  models: (await client.models.list()).data,
  generated: await client.completions.create(prompt),
  streamed: await collect(client.completions.create({ ...prompt, stream: true })),
  chat: await client.chat.completions.create(chat),
  chatStreamed: await collect(
    client.chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } }),
  ),
  refused: await client.chat.completions
    .create({ ...chat, temperature: 9 })
    .catch((error) => ({ badRequest: error instanceof BadRequestError, code: error.code, param: error.param })),
  two: await client.chat.completions.create({ ...chat, n: 2 }),
  logprobs: await client.chat.completions.create({ ...chat, logprobs: true, top_logprobs: 2 }),
  helper: await client.chat.completions.stream(chat).finalContent(),
  json: await client.chat.completions.create({ ...chat, max_tokens: 60, response_format: format }),
  response: await client.responses.create(response),
  responseStreamed: await collect(client.responses.create({ ...response, stream: true })),
  responseHelper: await client.responses.stream(response).finalResponse(),
  requestId: (await client.models.list().withResponse()).request_id,
  otherModel: await client.chat.completions.create({ ...chat, model: "other" }).catch(said),
  wrongKey: await client.withOptions({ apiKey: "sk-wrong" }).models.list().catch(said),
  noVectors: await client.embeddings.create({ model: sampling.model, input: "Hi" }).catch(said),
};
console.log(JSON.stringify(told));
