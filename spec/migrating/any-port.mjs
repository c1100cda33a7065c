import { Server } from 'node:net';

/*
 * Loaded before a program of the guide: gives it a free port for each fixed port that it asks for, and prints both. So the
 * programs stand in the guide as a reader runs them, and the specs share no port.
 */
const { listen } = Server.prototype;

Server.prototype.listen = function (first, ...rest) {
  const asked = typeof first === 'object' ? first.port : first;
  this.once('listening', () => console.log(`port ${asked} is ${this.address().port}`));
  return listen.call(this, typeof first === 'object' ? { ...first, port: 0 } : 0, ...rest);
};
