import { createApplication } from './application.js';

void createApplication().then((application) => application.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1'));
