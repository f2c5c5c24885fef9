// `npm pack` and `npm publish` would take this folder, which is the extension's.
process.stderr.write("The npm package zmq-tap is made by: npm run package -- --target npm\n");
process.exit(1);
