// A client made from the .proto by gRPC's own library, which decodes google.rpc's details by theirs:
// node grpc.mjs HOST:PORT KEY FOLDER_OF_GOOGLE_RPC
import { credentials, loadPackageDefinition, Metadata } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";

const [target, key, googleRpc] = process.argv.slice(2);
const proto = fileURLToPath(new URL("../../../service/llm_service.proto", import.meta.url));
const { LLMService } = loadPackageDefinition(loadSync(proto, { keepCase: true, enums: String }));
const details = loadSync(["google/rpc/status.proto", "google/rpc/error_details.proto"], {
  includeDirs: [googleRpc],
  keepCase: true,
  longs: Number,
});
const client = new LLMService(target, credentials.createInsecure());
const metadata = new Metadata();
metadata.set("authorization", `Bearer ${key}`);

const call = (method, request, sent = metadata) =>
  new Promise((resolve, reject) =>
    client[method](request, sent, (error, answer) => (error ? reject(error) : resolve(answer))),
  );

const pieces = async (method, request) => {
  const messages = [];
  for await (const message of client[method](request, metadata)) messages.push(message);
  return messages;
};

// By the names of their types: {ErrorInfo: {...}, BadRequest: {...}}
const decoded = (packed) =>
  Object.fromEntries(
    details["google.rpc.Status"].deserialize(packed).details.map(({ type_url, value }) => {
      const name = type_url.split("/").at(-1);
      return [name.split(".").at(-1), details[name].deserialize(value)];
    }),
  );

const refusal = (method, request, sent = metadata) =>
  call(method, request, sent).catch(({ code, details: message, metadata: trailing }) => ({
    code,
    message,
    details: decoded(trailing.get("grpc-status-details-bin")[0]),
    requestId: trailing.get("x-request-id")[0],
  }));

const sampling = { max_tokens: 8, temperature: 0 };
const prompt = { prompt: "The capital of France is", ...sampling };
const chat = { messages: [{ role: "user", content: "What is gravity?" }], ...sampling };
const weather = { function: { name: "weather", parameters: '{"type": "object"}' } };
const schema = { type: "object", properties: { river: { enum: ["Seine"] } }, required: ["river"] };

const told = {
  models: await call("ListModels", {}),
  generated: await call("GenerateText", prompt),
  streamed: await pieces("StreamGenerateText", prompt),
  chat: await call("Chat", chat),
  chatStreamed: await pieces("StreamChat", chat),
  counted: await call("CountTokens", { chat }),
  choices: await call("GenerateText", { ...prompt, temperature: 1, n: 2 }),
  choicesStreamed: await pieces("StreamChat", { ...chat, temperature: 1, n: 2 }),
  likeliest: await call("GenerateText", { ...prompt, top_logprobs: 2 }),
  biased: await call("GenerateText", { ...prompt, logit_bias: { 253: 100 } }),
  fitting: await call("Chat", { ...chat, max_tokens: 32, json_schema: JSON.stringify(schema) }),
  refused: await refusal("Chat", { ...chat, temperature: 9, stop: [""] }),
  tools: await refusal("Chat", { ...chat, tools: [weather], tool_choice: { mode: "REQUIRED" } }),
  withoutKey: await refusal("ListModels", {}, new Metadata()),
};
client.close();
console.log(JSON.stringify(told));
