export { fromBfloat16, fromHalf, toHalf, widenHalves } from '../../protocol/float16';
