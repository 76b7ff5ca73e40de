// What a page of another site sends to one address, in every way that a browser lets it. Gives the ways in which it
// could read the answer. `attack` is {url, fields}, with the fields as
// [name, value].
async attack => {
    const {url, fields} = attack, read = [];
    const encoded = () => new URLSearchParams(fields);
    const parts = () => fields.reduce((form, [name, value]) => (form.append(name, value), form), new FormData());
    const text = () => new Blob([encoded().toString()], {type: 'text/plain'});
    const json = () => new Blob([JSON.stringify(Object.fromEntries(fields))], {type: 'application/json'});
    const send = (way, options) => fetch(url, {method: 'POST', credentials: 'include', ...options}).then(
        answer => { if (answer.type !== 'opaque' && answer.type !== 'opaqueredirect') read.push(way); }, () => {});
    const loads = kind => new Promise(done => {
        const it = document.createElement(kind);
        it.onload = () => done(read.push(kind));
        it.onerror = done;
        it.src = url + '?' + encoded();
        document.body.append(it);
    });
    const form = enctype => new Promise(done => {
        const frame = Object.assign(document.createElement('iframe'), {name: 'f' + Math.random()});
        const form = Object.assign(document.createElement('form'), {method: 'post', action: url, target: frame.name, enctype});
        form.append(...fields.map(([name, value]) => Object.assign(document.createElement('input'), {name, value})));
        document.body.append(form, frame);
        // Its empty page has loaded by now; the next one is the answer.
        frame.onload = done;
        HTMLFormElement.prototype.submit.call(form);
    });
    const asked = new Promise(done => {
        const it = new XMLHttpRequest();
        it.open('POST', url);
        it.withCredentials = true;
        it.onload = () => { read.push('xhr'); done(); };
        it.onerror = done;
        it.send(encoded());
    });
    navigator.sendBeacon(url, encoded());
    await Promise.all([
        asked, form('application/x-www-form-urlencoded'), form('multipart/form-data'), form('text/plain'),
        send('cors', {body: encoded()}), send('no-cors', {body: encoded(), mode: 'no-cors'}),
        send('multipart', {body: parts(), mode: 'no-cors'}), send('text', {body: text(), mode: 'no-cors'}),
        send('json', {body: json()}), send('put', {body: encoded(), method: 'PUT'}), send('delete', {method: 'DELETE'}),
        send('get', {method: 'GET', mode: 'no-cors'}),
        loads('img'), loads('script'),
    ]);
    document.body.replaceChildren();
    return read;
}
