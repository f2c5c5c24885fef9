import { deflateSync } from "node:zlib";
import { toBase64 } from "../../src/proxy/decode/base64.ts";
import type { DialectMessage } from "../../src/proxy/dialects/dialect.ts";
import type { DialectName } from "../../src/shared/dialects.ts";
import type { SocketType } from "../../src/shared/model.ts";
import { messageOf, octets } from "./dialects.ts";

const zipped = (json: string): string => toBase64(deflateSync(octets(json)));
const asked = (...frames: string[]): DialectMessage => messageOf(["", ...frames], "REQ", "REP");
const answered = (...frames: string[]): DialectMessage => messageOf(["", ...frames], "REP", "REQ");
const between =
  (sender: SocketType, receiver: SocketType) =>
  (...frames: string[]): DialectMessage =>
    messageOf(frames, sender, receiver);
const published = between("PUB", "SUB");
const pushed = between("PUSH", "PULL");
const dealt = between("DEALER", "REP");
const IDENTITY = "0123456789ABCDEF0123456789ABCDEF";
const envelope = (rest: object): DialectMessage => dealt(JSON.stringify({ identity: IDENTITY, ...rest }));

export const CALL_XML =
  "<?xml version='1.0'?>\n<methodCall>\n<methodName>process</methodName>\n<params>\n<param>\n<value><string>a&lt;b</string></value>\n" +
  "</param>\n<param>\n<value><nil/></value></param>\n</params>\n</methodCall>\n";
export const RESULT_XML =
  "<?xml version='1.0'?><methodResponse><params><param><value><struct>" +
  "<member><name>success</name><value><boolean>0</boolean></value></member>" +
  "<member><name>plugin</name><value><struct><member><name>name</name><value>ValidateRig</value></member></struct></value></member>" +
  "<member><name>instance</name><value><struct><member><name>name</name><value>hero</value></member></struct></value></member>" +
  "<member><name>error</name><value><struct><member><name>message</name><value>no joints</value></member></struct></value></member>" +
  "</struct></value></param></params></methodResponse>";
export const FAULT_XML =
  "<?xml version='1.0'?><methodResponse><fault><value><struct>" +
  "<member><name>faultCode</name><value><int>1</int></value></member>" +
  "<member><name>faultString</name><value><string>no method</string></value></member>" +
  "</struct></value></fault></methodResponse>";

/** Messages of the seed systems as links carry them, each with the dialect that must be found in it. */
export const SEED_MESSAGES: readonly (readonly [DialectName, DialectMessage])[] = [
  ["frontend-backend", asked('{"api_method":"add","arguments":{"a":2,"b":2}}')],
  ["frontend-backend", asked('{"arguments": {}, "api_method": "reset"}')],
  ["frontend-backend", asked('{"api_method":"stop","arguments":{}}')],
  ["frontend-backend", asked("PING")],
  ["frontend-backend", answered("OK")],
  ["frontend-backend", asked('{"signal":"add_result","data":4}')],
  ["frontend-backend", asked('{"signal": "reset_ok", "data": null}')],
  ["frontend-backend", asked('{"signal":"soledad_bootstrap_failed","data":"why"}')],
  ["frontend-backend", asked('{"signal":"backend_bad_call","data":null}')],
  ["pyzmqrpc3", asked("eJyrVorPTM5NiVeyUohW8s0vS3UsylXSUahWSqzILAYKKlUAeUq5uUCmoVFtbC0AZ9EOHw==")],
  ["pyzmqrpc3", asked("eJyrVorPTM5NiVeyUohWCs4oLUnJL88LTi0qSy1S0lGoro2tBQDMqQwF")],
  ["pyzmqrpc3", published(zipped('{"_icmd_":["Move",{"inner":{"_icmd_":["Stop",{}]}}]}'))],
  ["pyzmqrpc3", published("zmq_sub_heartbeat")],
  ["pyzmqrpc3", answered('{"status_code": 200, "status_message": "OK", "response_message": "x:y"}')],
  ["pyzmqrpc3", answered('{"status_code": 200, "status_message": "OK"}')],
  ["pyzmqrpc3", answered('{"status_code":400,"status_message":"Incorrectly marshalled command."}')],
  ["pyzmqrpc3", answered('{"status_code": 451, "status_message": "No service for dict"}')],
  ["pyzmqrpc3", answered('{"status_code": 463, "status_message": "ArmService raised boom "}')],
  ["pyzmqrpc", asked('{"function":"test_method","parameters":{"param1":"a","param2":"b"}}')],
  ["pyzmqrpc", asked('{"function": "no_parameters"}')],
  ["pyzmqrpc", published('{"parameters": {"a": 1}, "function": "f"}')],
  ["pyzmqrpc", answered('{"status_code": 450, "status_message": "No function name provided."}')],
  ["voisietequi", published("10001 -12")],
  ["voisietequi", published('politiche2013 {"cmd": "configure", "response_channel": "tcp://localhost:5557"}')],
  ["voisietequi", pushed('{"computer":7,"status":"configured"}')],
  ["voisietequi", pushed('{"unit":4711,"status":"configured"}')],
  ["voisietequi", pushed('{"x":0.31,"y":-1.2}')],
  ["voisietequi", pushed('{"unit":4711,"counter":3,"x":0.31,"y":-1.2}')],
  [
    "voisietequi",
    pushed(
      '{"first_name":"A","last_name":"B","email":"a@b.tld","created_at":"20130330","ip":"10.0.0.9",' +
        '"user_agent":"Mozilla/5.0 (test)","service_uri":"http://www.example.org/"}',
    ),
  ],
  ["voisietequi", pushed('{"email":"x@y.z","ip_address":"10.0.0.9","user_agent":"UA","service_uri":"x.example.org"}')],
  ["voisietequi", published('["configure",["roma2016"],{"PD":{"1":2,"2":-1},"PDL":{"1":-1,"2":-2}}]')],
  ["voisietequi", pushed('["computer_configured", [], {"configured": true}]')],
  ["voisietequi", pushed('["computer_configured",[],{"configured":false}]')],
  [
    "voisietequi",
    pushed(
      '["save_results",["roma2016"],{"code":"00ff","user_data":{"name":"x","wants_newsletter":false},' +
        '"user_answers":{"1":-3},"results":[["PD","0.10000000","0.90000000"]]}]',
    ),
  ],
  ["zmq-web-bridge", asked('{"funcname":"echo","args":["hi"],"kwargs":{}}')],
  ["zmq-web-bridge", asked('{"funcname": "echo", "args": ["hi"]}', IDENTITY)],
  ["zmq-web-bridge", dealt(IDENTITY, "", '{"funcname":"echo","args":"hi","kwargs":{}}')],
  ["zmq-web-bridge", answered('{"returnval": null}')],
  ["zmq-web-bridge", answered('{"status": "error", "error_msg": "unauthorized access"}')],
  ["zmq-web-bridge", published('{"funcname":"add","args":[1,2]}')],
  [
    "zmq-web-bridge",
    envelope({ msg_type: "connect", content: '{"zmq_conn_string":"tcp://127.0.0.1:10001","socket_type":3}' }),
  ],
  ["zmq-web-bridge", envelope({ content: '{"status": "success"}', msg_type: "connection_reply" })],
  ["zmq-web-bridge", envelope({ content: '{"status": "error"}', msg_type: "connection_reply" })],
  ["zmq-web-bridge", envelope({ content: "hello", msg_type: "userlevel" })],
  ["zmq-web-bridge", envelope({ content: '{"funcname":"echo","args":["hi"],"kwargs":{}}', msg_type: "user" })],
  ["zmq-web-bridge", envelope({ content: '{"returnval": "hi"}' })],
  ["zmq-web-bridge", envelope({ content: "world" })],
  ["zmq-web-bridge", envelope({ content: '["00ff","","{\\"funcname\\":\\"ask\\",\\"args\\":[]}"]' })],
  ["zmq-web-bridge", envelope({ content: '["00ff","","plain"]' })],
  ["xml-rpc", asked(CALL_XML)],
  ["xml-rpc", answered(RESULT_XML)],
  ["xml-rpc", answered(FAULT_XML)],
  ["xml-rpc", asked(`POST /pyblish HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nContent-Type: text/xml\r\n\r\n${CALL_XML}`)],
  ["xml-rpc", answered(`HTTP/1.0 200 OK\r\nContent-type: text/xml\r\n\r\n${FAULT_XML}`)],
];

/** The sound messages of one dialect. */
export function seedMessages(dialect: DialectName): readonly DialectMessage[] {
  return SEED_MESSAGES.flatMap(([name, message]) => (name === dialect ? [message] : []));
}

/** What is no dialect's: ordinary JSON, text and octets, from every kind of socket. */
export const ORDINARY_PAYLOADS: readonly (string | Uint8Array)[] = [
  "",
  "Hello",
  "World from 5556",
  "ok",
  "OK then",
  "pong",
  "10001",
  "temperature 21.5",
  "{}",
  "[]",
  "null",
  "42",
  '"api_method"',
  '{"a":1,"b":[true,null,"x"]}',
  '{"type":"signal","data":4}',
  '{"signal":5,"data":4}',
  '{"status":"ok"}',
  '{"status":"error"}',
  '{"status":"configured","step":3}',
  '{"status_code":200}',
  '{"error_msg":"disk full"}',
  '{"content":"text","id":5}',
  '{"method":"add","params":[1,2]}',
  '{"args":[1],"kwargs":{}}',
  '{"x":1,"y":2,"z":3}',
  '{"x":"1","y":"2"}',
  '{"email":"a@b.tld"}',
  '{"function":5}',
  '[1,[2],{"a":3}]',
  '["add",[1]]',
  '["add",1,2]',
  '{"note":"api_method, signal, funcname, returnval, function, status_code and content are words"}',
  "<html><body>methodCall</body></html>",
  "<?xml version='1.0'?><svg/>",
  "POST /form HTTP/1.1\r\n\r\na=b",
  "HTTP/1.1 404 Not Found\r\n\r\n",
  "eJ",
  "extra words",
  zipped("just text"),
  zipped('{"a":1}'),
  Uint8Array.of(0x78, 0x9c, 1, 2, 3),
  Uint8Array.of(0x81, 0xa1, 0x61, 0x01),
  Uint8Array.of(0xff, 0, 0xfe),
  new Uint8Array(1000),
];
