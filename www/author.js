// Who works on the case: typed once, kept on this page alone, put on record with what that person does.

/** @type {{ name: string }} */
export const author = { name: "" };
