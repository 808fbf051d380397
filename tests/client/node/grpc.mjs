// A client made from the .proto by gRPC's own library: node grpc.mjs HOST:PORT KEY
import { credentials, loadPackageDefinition, Metadata } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";

const [target, key] = process.argv.slice(2);
const proto = fileURLToPath(new URL("../../../service/llm_service.proto", import.meta.url));
const { LLMService } = loadPackageDefinition(loadSync(proto, { keepCase: true, enums: String }));
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

const sampling = { max_tokens: 8, temperature: 0 };
const prompt = { prompt: "The capital of France is", ...sampling };
const chat = { messages: [{ role: "user", content: "What is gravity?" }], ...sampling };

const told = {
  models: await call("ListModels", {}),
  generated: await call("GenerateText", prompt),
  streamed: await pieces("StreamGenerateText", prompt),
  chat: await call("Chat", chat),
  chatStreamed: await pieces("StreamChat", chat),
  refused: await call("Chat", { ...chat, temperature: 9 }).catch(({ code, details }) => ({ code, details })),
  withoutKey: await call("ListModels", {}, new Metadata()).catch(({ code }) => ({ code })),
};
client.close();
console.log(JSON.stringify(told));
