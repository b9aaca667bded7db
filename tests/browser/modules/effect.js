/* Has an effect and no exports.
export default "this is a comment"; */
report("effect", 1);
