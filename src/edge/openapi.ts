import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, getSchemaPath, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { ProblemDto } from './problems/problem.dto.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Serves `/openapi.json` and, from it, `/docs`. Before `init()` or `listen()`. */
export function setUpOpenApi(app: INestApplication): void {
  const settings = new DocumentBuilder()
    .setTitle('Parallax')
    .setDescription('The control plane of Parallax: agents, patterns and executions of many tenants.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key or a JWT' })
    .addSecurityRequirements('bearer')
    .build();
  SwaggerModule.setup('docs', app, () => describe(app, settings), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Parallax API',
  });
}

function describe(app: INestApplication, settings: Omit<OpenAPIObject, 'paths'>): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, settings, { extraModels: [ProblemDto] });
  const problem = {
    description: 'An error: the code says which.',
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } },
  };
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = path[method];
      if (operation) operation.responses.default ??= problem;
    }
  }
  return document;
}
