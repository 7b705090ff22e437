/**
 * `broker-probe.mjs URL` exits 0 when an AMQP login works there; of several URLs (`;` or `,`) one is enough.
 * `broker-probe.mjs --url-from-parts` prints the URL that the RABBITMQ_* variables make.
 */
import amqp from 'amqplib';

const [argument = ''] = process.argv.slice(2);

function urlFromParts(env) {
  const user = encodeURIComponent(env.RABBITMQ_USERNAME || env.RABBITMQ_USER || 'guest');
  const password = encodeURIComponent(env.RABBITMQ_PASSWORD || 'guest');
  const vhost = encodeURIComponent(env.RABBITMQ_VHOST || '/');
  return `amqp://${user}:${password}@${env.RABBITMQ_HOST}:${env.RABBITMQ_PORT || 5672}/${vhost}`;
}

async function answers(url) {
  try {
    const connection = await amqp.connect(url.replace(/^pyamqp:/, 'amqp:'), { timeout: 3000 });
    connection.on('error', () => {});
    await connection.close();
    return true;
  } catch (error) {
    // The message names host and port only; the URL may hold a password.
    console.error(`no broker: ${error.code ?? error.message}`);
    return false;
  }
}

if (argument === '--url-from-parts') {
  console.log(urlFromParts(process.env));
} else {
  const tried = await Promise.all(argument.split(/[;,]/).map((url) => answers(url.trim())));
  process.exit(tried.includes(true) ? 0 : 1);
}
