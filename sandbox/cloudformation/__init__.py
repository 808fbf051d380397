"""CloudFormation: moto's parser, our stack engine, and the resource types moto lacks or drops."""
