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
};
console.log(JSON.stringify(told));
